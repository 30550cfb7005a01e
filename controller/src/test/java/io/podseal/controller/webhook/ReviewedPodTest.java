package io.podseal.controller.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;

class ReviewedPodTest {
  @Test
  void whoControlsThePodIsToldAndNoOtherOwner() throws Exception {
    assertThat(
            of(
                """
                {"metadata": {"generateName": "orders-7d4-", "ownerReferences": [
                  {"apiVersion": "v1", "kind": "Node", "name": "node1", "uid": "1"},
                  {"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": "2", "controller": false},
                  {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "orders-7d4", "uid": "3",
                   "controller": true, "blockOwnerDeletion": true}]}}
                """))
        .isEqualTo(
            new ReviewedPod("shop", "orders-7d4-", "apps/v1", "ReplicaSet", "orders-7d4", "3"));
  }

  @Test
  void aPodThatNobodyControlsIsToldItself() throws Exception {
    assertThat(of("{\"metadata\": {\"name\": \"orders\"}}"))
        .isEqualTo(new ReviewedPod("shop", "orders", "v1", "Pod", "orders", ""));
    assertThat(
            of(
                """
                {"metadata": {"name": "orders", "ownerReferences": [
                  {"apiVersion": "v1", "kind": "Node", "name": "node1", "uid": "1"}]}}
                """))
        .isEqualTo(new ReviewedPod("shop", "orders", "v1", "Pod", "orders", ""));
  }

  @Test
  void aNameIsTakenBeforeWhatItWouldBeginWith() throws Exception {
    assertThat(of("{\"metadata\": {\"name\": \"orders-7\", \"generateName\": \"orders-\"}}").name())
        .isEqualTo("orders-7");
    assertThat(of("{\"metadata\": {\"generateName\": \"orders-\"}}").name()).isEqualTo("orders-");
  }

  private static ReviewedPod of(String pod) throws JsonProcessingException {
    return ReviewedPod.of((ObjectNode) new JsonMapper().readTree(pod), "shop");
  }
}
