/**
 * The worker's HTTP: health, metrics, login, and whatever others add, behind one gate.
 *
 * <pre>
 *   request ──→ Gate ──────────────→ Routes ──→ health, metrics, login
 *                │ Access decides       ├─────→ what was added: the dashboard's questions
 *                │                      └─────→ Assets: the page itself
 *                └ 401, 403, 404, 405, 429: nothing behind it sees the request
 * </pre>
 *
 * <p>{@link io.llmlog.worker.admin.AdminServer} puts the server together from an {@link
 * io.llmlog.worker.admin.AdminConfig}. The {@code Gate} stands before every path, also those that
 * nobody has thought of: {@code Access} lets through what brings a login, by {@code Sessions} or by
 * the token itself ({@code Secret}), and a short list of exact paths. {@code FailedLogins} slows
 * down whoever guesses. {@code SafeHeaders} are on every answer.
 */
@NullMarked
package io.llmlog.worker.admin;

import org.jspecify.annotations.NullMarked;
