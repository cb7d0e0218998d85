/**
 * The configuration from the environment.
 *
 * <p>{@link io.llmlog.config.Settings} lists every variable that llmlog knows, each a {@link
 * io.llmlog.config.Setting} with its default and what is allowed; {@link
 * io.llmlog.config.Environment} reads them all at once and collects every error, so that a person
 * mends them in one go. The facade and the worker take from it what they need.
 */
@NullMarked
package io.llmlog.config;

import org.jspecify.annotations.NullMarked;
