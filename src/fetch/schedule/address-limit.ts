import type { HostKey } from '../../core/samples.ts';
import type { ChosenAddress, NoAddress } from '../connect/dial.ts';

export interface AddressLimitOptions {
  /** Maximum requests under way to one address. */
  readonly perAddress: number;
  /** Looks up the addresses of a host that may be dialled. Must not reject. */
  readonly lookUp: (host: HostKey) => Promise<readonly string[] | NoAddress>;
}

/** Gives a host its place; returns whether the host still wants it. */
type Grant = () => boolean;

interface HostPlaces {
  readonly address: ChosenAddress;
  count: number;
}

interface AddressPlaces {
  taken: number;
  /** The hosts that wait, the first first. */
  readonly waiting: { readonly host: HostKey; readonly grant: Grant }[];
}

/**
 * The limit of connections by IP address (`--per-address`). A host takes a place for each request. While it has places,
 * all its requests go to the address that was chosen with the first; after that, the addresses of its name take turns.
 * Hosts that find no place wait in line; no row of theirs is under way meanwhile.
 */
export class AddressLimit {
  readonly #options: AddressLimitOptions;
  /** Hosts with places. */
  readonly #hosts = new Map<HostKey, HostPlaces>();
  readonly #addresses = new Map<string, AddressPlaces>();
  #turn = 0;

  constructor(options: AddressLimitOptions) {
    this.#options = options;
  }

  /** Where a host with a place is dialled. */
  addressOf(host: HostKey): ChosenAddress | undefined {
    return this.#hosts.get(host)?.address;
  }

  /** Takes a place for the host if one is free now. If not, `grant` is called once, when there is. */
  enter(host: HostKey, grant: Grant): boolean {
    const places = this.#hosts.get(host);
    if (places === undefined) {
      this.#choose(host, grant);
      return false;
    }
    if (this.#take(host, places.address)) return true;
    this.#wait(host, places.address, grant);
    return false;
  }

  /** A host gives a place back. */
  leave(host: HostKey): void {
    const places = this.#hosts.get(host);
    if (places === undefined) return;
    places.count -= 1;
    if (places.count === 0) this.#hosts.delete(host);
    const { address } = places;
    if (typeof address !== 'string') return;
    const here = this.#addresses.get(address);
    if (here === undefined) return;
    here.taken -= 1;
    this.#grantNext(address, here);
  }

  #choose(host: HostKey, grant: Grant): void {
    void this.#options.lookUp(host).then((found) => {
      this.#turn += 1;
      // Chosen by another of its requests meanwhile.
      const address = this.addressOf(host) ?? ('code' in found ? found : this.#oneOf(found));
      this.#grantOrWait(host, address, grant);
    });
  }

  #oneOf(addresses: readonly string[]): ChosenAddress {
    return addresses[this.#turn % addresses.length] ?? { code: 'address_refused' };
  }

  /** A host without an address connects to nothing, so that its request needs no place. */
  #take(host: HostKey, address: ChosenAddress): boolean {
    if (typeof address === 'string') {
      const here = this.#addresses.get(address) ?? { taken: 0, waiting: [] };
      if (here.taken >= this.#options.perAddress) return false;
      this.#addresses.set(address, here);
      here.taken += 1;
    }
    const places = this.#hosts.get(host) ?? { address, count: 0 };
    places.count += 1;
    this.#hosts.set(host, places);
    return true;
  }

  #wait(host: HostKey, address: ChosenAddress, grant: Grant): void {
    if (typeof address === 'string') this.#addresses.get(address)?.waiting.push({ host, grant });
  }

  /** Passes free places of an address on, to the first in line that still wants one. */
  #grantNext(address: string, here: AddressPlaces): void {
    while (here.taken < this.#options.perAddress) {
      const next = here.waiting.shift();
      if (next === undefined) break;
      // It waited for this address; by now it may have got places at another one.
      const own = this.addressOf(next.host);
      this.#grantOrWait(next.host, own ?? address, next.grant);
    }
    const isUnused = here.taken === 0 && here.waiting.length === 0;
    if (isUnused && this.#addresses.get(address) === here) this.#addresses.delete(address);
  }

  #grantOrWait(host: HostKey, address: ChosenAddress, grant: Grant): void {
    if (!this.#take(host, address)) this.#wait(host, address, grant);
    else if (!grant()) this.leave(host);
  }
}
