/** A first-in first-out queue of bytes that grows as needed; for input waiting until a guest takes it. */
export class ByteQueue {
  #bytes = new Uint8Array(64);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    this.#reserve(this.#length + bytes.length);
    const mask = this.#bytes.length - 1;
    let tail = (this.#head + this.#length) & mask;
    for (let i = 0; i < bytes.length; i++) {
      this.#bytes[tail] = bytes[i] ?? 0;
      tail = (tail + 1) & mask;
    }
    this.#length += bytes.length;
  }

  /** Puts a byte back at the front. */
  unshift(byte: number): void {
    this.#reserve(this.#length + 1);
    this.#head = (this.#head - 1) & (this.#bytes.length - 1);
    this.#bytes[this.#head] = byte;
    this.#length++;
  }

  /** Takes one byte, or gives -1 when empty. */
  shift(): number {
    if (this.#length === 0) return -1;
    const byte = this.#bytes[this.#head] ?? 0;
    this.#head = (this.#head + 1) & (this.#bytes.length - 1);
    this.#length--;
    return byte;
  }

  /** Takes up to `target.length` bytes into `target` and returns how many. */
  take(target: Uint8Array): number {
    const count = Math.min(target.length, this.#length);
    for (let i = 0; i < count; i++) target[i] = this.shift();
    return count;
  }

  /** Takes the first bytes and forgets them. */
  drop(count: number): void {
    const dropped = Math.min(count, this.#length);
    this.#head = (this.#head + dropped) & (this.#bytes.length - 1);
    this.#length -= dropped;
  }

  /** A copy of up to `count` bytes from the one at `from` on. */
  peek(from: number, count: number): Uint8Array {
    const copy = new Uint8Array(Math.max(0, Math.min(count, this.#length - from)));
    const mask = this.#bytes.length - 1;
    for (let i = 0; i < copy.length; i++) copy[i] = this.#bytes[(this.#head + from + i) & mask] ?? 0;
    return copy;
  }

  clear(): void {
    this.#head = 0;
    this.#length = 0;
  }

  /** A copy of what is queued, oldest first. */
  toArray(): Uint8Array {
    return this.peek(0, this.#length);
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    let capacity = this.#bytes.length;
    while (capacity < length) capacity *= 2;
    const grown = new Uint8Array(capacity);
    grown.set(this.toArray());
    this.#bytes = grown;
    this.#head = 0;
  }
}
