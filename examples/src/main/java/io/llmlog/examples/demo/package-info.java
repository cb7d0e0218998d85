/**
 * The demo: the whole road on one machine, with servers of its own.
 *
 * <p>{@link io.llmlog.examples.demo.Demo} gets its calls from a {@code TraceFile} or from {@code
 * GeneratedCalls}, starts {@code DemoServers} and an embedded worker, lets {@code CallMix} dress
 * each call up as an event with a cost from {@code PriceList}, logs it as a service would, waits
 * under a {@code Progress} bar until all is stored and has {@code Report} read the result back.
 */
@NullMarked
package io.llmlog.examples.demo;

import org.jspecify.annotations.NullMarked;
