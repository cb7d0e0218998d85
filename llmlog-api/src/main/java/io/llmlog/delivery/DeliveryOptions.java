package io.llmlog.delivery;

import java.time.Duration;

/**
 * How a {@link Publisher} behaves.
 *
 * @param bufferMaxBytes the bound of the memory buffer
 * @param block how long {@link Publisher#offer} waits for room in buffer or spool; zero: not at all
 * @param closeTimeout how long {@link Publisher#close} tries to deliver what is left
 * @param queueMaxDepth of a queue with more messages than this, events are kept back
 * @param spoolAlways whether each event goes to the spool first
 * @param shutdownHook whether the end of the JVM closes the publisher
 */
public record DeliveryOptions(
    long bufferMaxBytes,
    Duration block,
    Duration closeTimeout,
    long queueMaxDepth,
    boolean spoolAlways,
    boolean shutdownHook) {}
