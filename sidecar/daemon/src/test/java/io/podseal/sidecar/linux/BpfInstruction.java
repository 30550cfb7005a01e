package io.podseal.sidecar.linux;

/**
 * One instruction of a classic BPF program (linux/filter.h).
 *
 * @param code operation
 * @param jumpTrue instructions to skip when a test holds
 * @param jumpFalse instructions to skip when it does not
 * @param k operand
 */
public record BpfInstruction(int code, int jumpTrue, int jumpFalse, int k) {}
