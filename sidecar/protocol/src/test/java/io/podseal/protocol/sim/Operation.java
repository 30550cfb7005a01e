package io.podseal.protocol.sim;

import java.time.Duration;
import java.time.Instant;

/** One thing that an end may begin on an established pair. */
enum Operation {
  NOTHING {
    @Override
    void begin(Host host, Host peer) {}
  },
  REKEY_CHILD {
    @Override
    void begin(Host host, Host peer) {
      host.run(host.endpoint().rekeyChild(peer.identity, host.now()));
    }
  },
  /** The clock leaps beyond the child's hard lifetime, and not to that of the IKE SA. */
  DELETE_CHILD {
    @Override
    void begin(Host host, Host peer) {
      host.clockJumps(Duration.ofMinutes(70));
    }
  },
  /** A packet waits on an IKE SA without a child, or for the first IKE SA. */
  CREATE_CHILD {
    @Override
    void begin(Host host, Host peer) {
      host.send(peer, 0);
    }
  },
  REKEY_IKE {
    @Override
    void begin(Host host, Host peer) {
      host.run(host.endpoint().rekeyIkeSa(peer.identity, host.now()));
    }
  },
  REPLACE_IKE {
    @Override
    void begin(Host host, Host peer) {
      host.run(host.endpoint().replaceIkeSa(peer.identity, host.now()));
    }
  },
  DELETE_IKE {
    @Override
    void begin(Host host, Host peer) {
      host.run(host.endpoint().shutdown(host.now()));
    }
  },
  /** A packet has gone out after a silence: does the peer live? */
  LIVENESS {
    @Override
    void begin(Host host, Host peer) {
      for (Plane.Child child : host.plane.children()) {
        host.run(host.endpoint().traffic(child.inboundSpi, Instant.MIN, host.now(), host.now()));
      }
    }
  };

  abstract void begin(Host host, Host peer);
}
