/** Words that operations explain: `terms.*` in console.json has two sentences for each. */
export const TERMS = [
  'event', 'store', 'commit', 'outbox', 'stream', 'shard', 'lag', 'lease', 'epoch', 'checkpoint', 'bridge', 'topic', 'queue', 'oldest', 'in_flight', 'delayed',
  'consumer', 'rate', 'attempt', 'breaker', 'paused', 'dead_letter', 'set_aside', 'cause', 'rehearsal', 'redrive', 'discard', 'pace', 'uncover', 'invariant', 'projection', 'process', 'dependency', 'trace',
  'journey', 'waiting', 'working', 'critical_path', 'as_of', 'receipt', 'idle',
] as const;
export type TermId = (typeof TERMS)[number];
