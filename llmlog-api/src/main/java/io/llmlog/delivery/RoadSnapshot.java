package io.llmlog.delivery;

import java.time.Duration;

/**
 * What became of the batches that were handed to one road out of the service, up to one moment.
 *
 * @param attempts batches handed to it, each try counted
 * @param failures those of them that are not known to have arrived
 * @param time what all attempts took together, failed ones included
 * @param circuitOpen whether its last answer was a failure, so that it is left alone for a while
 */
public record RoadSnapshot(long attempts, long failures, Duration time, boolean circuitOpen) {}
