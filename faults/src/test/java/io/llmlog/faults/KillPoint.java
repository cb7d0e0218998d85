package io.llmlog.faults;

/**
 * The four moments in the life of a batch at which a worker is killed. Each stops the worker there
 * by a proxy or a lock, and answers what shows that it stands there; the kill comes then.
 */
enum KillPoint {
  /** Redis has given it the batch, and it has not heard so. */
  AT_CLAIM {
    @Override
    void arm(Scene scene, StoreFaults store) {
      scene.workerToRedis.holdReplyTo(Scripts.CLAIM);
    }

    @Override
    boolean reached(Scene scene, StoreFaults store, long rowsBefore) throws Exception {
      return holdsMessages(scene) && store.sessions("state = 'idle in transaction'") == 0;
    }
  },
  /** Its insert waits for a lock. */
  AT_INSERT {
    @Override
    void arm(Scene scene, StoreFaults store) throws Exception {
      store.lock("SHARE ROW EXCLUSIVE");
    }

    @Override
    boolean reached(Scene scene, StoreFaults store, long rowsBefore) throws Exception {
      return store.waiting() > 0;
    }

    @Override
    boolean byProxy() {
      return false;
    }

    @Override
    void disarm(Scene scene, StoreFaults store) throws Exception {
      store.unlock();
    }
  },
  /** All is inserted, and its COMMIT does not reach the database. */
  BEFORE_COMMIT {
    @Override
    void arm(Scene scene, StoreFaults store) {
      scene.workerToStore.holdRequest(Scripts.COMMIT);
    }

    @Override
    boolean reached(Scene scene, StoreFaults store, long rowsBefore) throws Exception {
      return store.sessions("state = 'idle in transaction' AND " + StoreFaults.STORING) > 0;
    }
  },
  /** The rows are there, and its acknowledgement does not reach Redis. */
  BEFORE_ACK {
    @Override
    void arm(Scene scene, StoreFaults store) {
      scene.workerToRedis.holdRequest(Scripts.ACK);
    }

    @Override
    boolean reached(Scene scene, StoreFaults store, long rowsBefore) throws Exception {
      return holdsMessages(scene)
          && store.sessions("state <> 'idle'") == 0
          && scene.database().rows() > rowsBefore;
    }
  };

  /** Sets the trap. */
  abstract void arm(Scene scene, StoreFaults store) throws Exception;

  /**
   * Whether the servers show that a worker stands there.
   *
   * @param rowsBefore how many rows there were when the trap was set
   */
  abstract boolean reached(Scene scene, StoreFaults store, long rowsBefore) throws Exception;

  /** Whether a proxy counts that it holds the worker. */
  boolean byProxy() {
    return true;
  }

  /** Takes the trap away; what a proxy held is lost with its connection. */
  void disarm(Scene scene, StoreFaults store) throws Exception {
    scene.workerToRedis.cut();
    scene.workerToStore.cut();
    scene.workerToRedis.forward();
    scene.workerToStore.forward();
  }

  private static boolean holdsMessages(Scene scene) throws Exception {
    return !scene.admin().call("KEYS", "{llm_logs}:processing:*").isEmpty();
  }
}
