/** Whole controllers against the mock API server, with sidecars that are real gRPC clients. */
@NullMarked
package io.podseal.controller;

import org.jspecify.annotations.NullMarked;
