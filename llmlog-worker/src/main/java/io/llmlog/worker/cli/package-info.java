/**
 * The command line: {@link io.llmlog.worker.cli.Main} puts the commands together, runs the one that
 * was asked for, and turns what it throws into a line on stderr and an exit code.
 *
 * <p>One class per command; each gets a {@code Console} with the environment and the streams, reads
 * the configuration first, with all errors at once, and uses the other modules as any program
 * would: {@code work} a {@link io.llmlog.worker.Worker} behind a {@code SchemaGate} and a {@code
 * StopSignal}, with a {@link io.llmlog.worker.cli.Monitor} beside it, {@code log} a {@link
 * io.llmlog.LlmLogger}, the others the store's and the queue's own questions. Results go to stdout,
 * all else to stderr.
 */
@NullMarked
package io.llmlog.worker.cli;

import org.jspecify.annotations.NullMarked;
