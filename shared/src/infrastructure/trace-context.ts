/** The W3C's `traceparent`, if it is one: it goes into headers, logs and envelopes, and came from anywhere. */
export function traceparentIn(given: unknown): string | undefined {
  return typeof given === 'string' && /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/.test(given) ? given : undefined;
}
