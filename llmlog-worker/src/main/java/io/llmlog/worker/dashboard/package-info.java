/**
 * What the worker's own page shows, as JSON over HTTP; {@code docs/DASHBOARD.md} has the shapes.
 *
 * <pre>
 *   request ─→ DashboardApi ─→ Asked (known, bounded or refused) ─→ a page ─→ Json
 *                 Refusal ←─────────┘                                 │
 *        OverviewPage, CompaniesPage ─→ CachedUsage   (the rollup: ranges of whole hours, Span)
 *        CallsPage ───────────────────→ CallQueries   (rows, in a range and with a limit)
 *        DeadLettersPage ─────────────→ DeadLetterBox (the only one that changes anything)
 *        PipelinePage ────────────────→ Watch         (asks no server)
 * </pre>
 *
 * <p>What a stranger said is said again only through {@code Said}. {@code Figures} is what every
 * page shows of some calls.
 */
@NullMarked
package io.llmlog.worker.dashboard;

import org.jspecify.annotations.NullMarked;
