package io.llmlog.delivery;

/** How an event leaves the service. */
enum Road {
  QUEUE,
  FALLBACK
}
