package io.podseal.controller.model;

import java.util.List;

/** The conditions that an object should have, of a kind whose status depends on nothing else. */
public record ObjectReport(Subject subject, List<ConditionState> conditions) {}
