import { publicNetwork } from '../../account/index.ts';

/** Sockets of one network: what a campus behind one router opens, and a small part of all. */
export const MOST_PER_NETWORK = 1_000;

/**
 * How many sockets each network has, so that nobody takes all there are. An address that tells
 * nobody apart, of a proxy or this machine, is not counted.
 */
export class NetworkShares {
  readonly #open = new Map<string, number>();

  /** Whether the address may have no further socket. */
  isFull(address: string | undefined): boolean {
    return (this.#open.get(networkOf(address)) ?? 0) >= MOST_PER_NETWORK;
  }

  /** A socket was opened. */
  take(address: string | undefined): void {
    const network = networkOf(address);
    if (network !== '') this.#open.set(network, (this.#open.get(network) ?? 0) + 1);
  }

  /** A socket that was taken for is closed. */
  give(address: string | undefined): void {
    const network = networkOf(address);
    const left = (this.#open.get(network) ?? 0) - 1;
    if (left > 0) this.#open.set(network, left);
    else this.#open.delete(network);
  }
}

function networkOf(address: string | undefined): string {
  return (address === undefined ? undefined : publicNetwork(address)) ?? '';
}
