/** One entry of the audit log. */
export interface AuditView {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly actor: {
    readonly kind: 'user' | 'token' | 'operator' | 'system';
    readonly id: string | null;
    readonly remoteAddress: string | null;
  };
  /** A verb behind its object's kind, such as `stream.delete`. */
  readonly action: string;
  readonly objectKind: string;
  readonly objectId: string | null;
  /** What became of which field; null where that says nothing. */
  readonly changes: Readonly<Record<string, unknown>> | null;
}
