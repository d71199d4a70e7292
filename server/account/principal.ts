/** What a person may be on this server; each may do what the ones behind it may. */
export const ROLES = ['admin', 'broadcaster', 'moderator', 'viewer'] as const;

/** See `ROLES`. */
export type Role = (typeof ROLES)[number];

/**
 * What a token may be limited to: `read` and `write` of a kind of object. `admin` is everything
 * that its owner's role allows.
 */
export const SCOPES = [
  'streams:read',
  'streams:write',
  'keys:write',
  'events:read',
  'webhooks:write',
  'chat:read',
  'chat:write',
  'admin',
] as const;

/** See `SCOPES`. */
export type Scope = (typeof SCOPES)[number];

/** Who asks. */
export type Principal =
  /** Nobody known. */
  | { readonly kind: 'anonymous' }
  /** Whoever bears API_TOKEN, or sits at this machine while the server has no account yet. */
  | { readonly kind: 'operator' }
  | {
      readonly kind: 'user';
      readonly userId: string;
      readonly role: Role;
      /** SHA-256 of the session's secret. */
      readonly sessionHash: string;
    }
  | {
      readonly kind: 'token';
      readonly tokenId: string;
      readonly userId: string;
      readonly role: Role;
      readonly scopes: readonly Scope[];
    };
