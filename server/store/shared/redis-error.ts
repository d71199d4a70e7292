/** Redis gives no answer now, or refuses one; whoever asked goes on without, or tries again later. */
export class RedisUnavailableError extends Error {
  /** Whether waiting will not help: a wrong password, a certificate that is not trusted. */
  readonly isRefusal: boolean;

  constructor(message: string, { isRefusal, cause }: { isRefusal: boolean; cause?: unknown }) {
    super(message, { cause });
    this.name = 'RedisUnavailableError';
    this.isRefusal = isRefusal;
  }
}

/** OpenSSL's and Node's names of a certificate that does not prove what it should. */
const UNTRUSTED: ReadonlyMap<string, string> = new Map([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'it is self-signed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its authority is not known here'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its authority is not known here'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'its authority is not known here'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'its authority is not known here'],
  ['CERT_HAS_EXPIRED', 'it has expired'],
  ['CERT_NOT_YET_VALID', 'it is not valid yet'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'it is for another name'],
]);

/** What went wrong with the server at `place`, in words that say what to do. */
export function redisError(error: unknown, place: string): RedisUnavailableError {
  if (error instanceof RedisUnavailableError) return error;
  const { code, message } = Object(error);
  const tell = (why: string, isRefusal: boolean): RedisUnavailableError =>
    new RedisUnavailableError(`Cannot use Redis at ${place}: ${why}`, { isRefusal, cause: error });
  const distrust = UNTRUSTED.get(String(code));
  if (distrust !== undefined) {
    const remedy = 'name its authority in NODE_EXTRA_CA_CERTS';
    return tell(`its certificate is not trusted, ${distrust}; ${remedy}`, true);
  }
  if (/^(EPROTO|ERR_SSL_)/.test(String(code))) {
    return tell('it does not speak TLS there; say redis://, or its TLS port', true);
  }
  const text = String(message || code);
  if (/^(WRONGPASS|NOAUTH|NOPERM)/.test(text)) {
    return tell(`name or password are not right (${text.split(' ')[0]})`, true);
  }
  return tell(text, false);
}
