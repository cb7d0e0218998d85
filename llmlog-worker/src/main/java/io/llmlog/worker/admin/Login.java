package io.llmlog.worker.admin;

import org.jspecify.annotations.Nullable;

/**
 * Who asks, as the gate found it out.
 *
 * @param csrf what an action must bring along; null: nothing, since no browser sends such a login
 *     by itself
 * @param session the id of the session; null: the login is not by a session
 */
record Login(@Nullable String csrf, @Nullable String session) {
  /** The name of the request's attribute that holds it. */
  static final String ATTRIBUTE = "io.llmlog.worker.admin.login";

  /** By the token itself. */
  static final Login BEARER = new Login(null, null);
}
