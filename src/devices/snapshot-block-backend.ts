import type { BlockBackend } from "../ports/index.js";

/** Unit in which written data is kept. */
const CLUSTER = 64 * 1024;

/** A disk whose writes stay in memory and never reach the disk below it: QEMU's `snapshot=on`. */
export class SnapshotBlockBackend implements BlockBackend {
  readonly size: number;
  readonly readOnly = false;
  readonly #base: BlockBackend;
  readonly #clusters = new Map<number, Uint8Array>();

  constructor(base: BlockBackend) {
    this.#base = base;
    this.size = base.size;
  }

  /** Bytes of memory that written clusters take. */
  get overlayBytes(): number {
    return this.#clusters.size * CLUSTER;
  }

  read(offset: number, target: Uint8Array): void {
    for (let at = 0; at < target.length; ) {
      const position = offset + at;
      const within = position % CLUSTER;
      const length = Math.min(CLUSTER - within, target.length - at);
      const cluster = this.#clusters.get(position - within);
      if (cluster) target.set(cluster.subarray(within, within + length), at);
      else this.#base.read(position, target.subarray(at, at + length));
      at += length;
    }
  }

  write(offset: number, source: Uint8Array): void {
    for (let at = 0; at < source.length; ) {
      const position = offset + at;
      const within = position % CLUSTER;
      const length = Math.min(CLUSTER - within, source.length - at);
      this.#cluster(position - within).set(source.subarray(at, at + length), within);
      at += length;
    }
  }

  flush(): void {}

  /** Forgets everything written. */
  discard(): void {
    this.#clusters.clear();
  }

  #cluster(start: number): Uint8Array {
    let cluster = this.#clusters.get(start);
    if (!cluster) {
      cluster = new Uint8Array(CLUSTER);
      this.#base.read(start, cluster.subarray(0, Math.min(CLUSTER, this.size - start)));
      this.#clusters.set(start, cluster);
    }
    return cluster;
  }
}
