/**
 * Faults that really happen, and the check that all of them share.
 *
 * <pre>
 * Scene      one case's Redis, database, proxies, directory, passwords
 *   Service    logs a Workload: here (Recorder) or in a process of its own (ServiceProcess)
 *   worker     here, or in a process of its own (WorkerProcess)
 * Fault      strike, proof, heal; made by RedisFaults, NetworkFaults, StoreFaults
 * FaultCase  load → strike → proof → more load → heal → Invariants → a row of the Report
 * </pre>
 */
@NullMarked
package io.llmlog.faults;

import org.jspecify.annotations.NullMarked;
