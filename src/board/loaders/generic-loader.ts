import type { Piece } from "./boot-plan.js";
import { isElf, loadElf } from "./elf.js";
import { LoadError, type LoadedImage } from "./image.js";
import { isIntelHex, loadIntelHex } from "./intel-hex.js";
import { isUBootImage, loadUBootImage, unpackUBootImage } from "./u-boot-image.js";

/** What `-device loader` of QEMU does: puts a file or a value into memory at each reset, and may set a PE's pc. */
export interface LoaderRequest {
  /** Where a raw file or a value goes; without a file, where the PE starts. */
  readonly address: number;
  readonly file?: Uint8Array;
  /** Not to look for a format in the file. */
  readonly raw?: boolean;
  /** A value, as its bytes in memory order. */
  readonly data?: Uint8Array;
  /** The PE that starts at the image's entry (a raw file's address). */
  readonly processor?: number;
}

export interface LoaderPlan {
  readonly pieces: readonly Piece[];
  /** Where PEs start, by their numbers. */
  readonly entries: ReadonlyMap<number, number>;
}

/** The requests with compressed files unpacked. */
export function unpackLoaderRequests(requests: readonly LoaderRequest[]): Promise<LoaderRequest[]> {
  return Promise.all(
    requests.map(async (request) =>
      request.file && !request.raw && isUBootImage(request.file)
        ? { ...request, file: await unpackUBootImage(request.file) }
        : request,
    ),
  );
}

/** Decides what goes where. Throws {@link LoadError}. */
export function planLoaders(requests: readonly LoaderRequest[], processors: number): LoaderPlan {
  const pieces: Piece[] = [];
  const entries = new Map<number, number>();
  for (const [index, request] of requests.entries()) {
    const name = `loader image ${index}`;
    const { address, file, data, processor } = request;
    let entry = address;
    if (file) {
      const image = recognise(file, request, name);
      entry = image.entry;
      for (const segment of image.segments) pieces.push({ ...segment, what: name });
    } else if (data) pieces.push({ what: `loader value ${index}`, address, bytes: data, size: data.length });
    if (processor === undefined) continue;
    if (processor >= processors)
      throw new LoadError(`${name} names PE ${processor}; the machine has ${processors} (from 0)`);
    if (!data) entries.set(processor, entry);
  }
  return { pieces, entries };
}

function recognise(
  file: Uint8Array,
  { address, raw }: LoaderRequest,
  name: string,
): Pick<LoadedImage, "segments" | "entry"> {
  if (file.length === 0) throw new LoadError(`${name} is empty`);
  if (!raw && isElf(file)) return loadElf(file, name);
  if (!raw && isUBootImage(file)) return loadUBootImage(file);
  if (!raw && isIntelHex(file)) return loadIntelHex(file);
  return { segments: [{ address, bytes: file, size: file.length }], entry: address };
}
