/** Error names of POSIX's errno.h that a {@link HostFileSystem} may give; whoever serves a guest translates them to its numbers. */
export const HOST_ERROR_CODES = [
  "EACCES",
  "EBADF",
  "EBUSY",
  "EDQUOT",
  "EEXIST",
  "EFBIG",
  "EINVAL",
  "EIO",
  "EISDIR",
  "ELOOP",
  "EMFILE",
  "EMLINK",
  "ENAMETOOLONG",
  "ENFILE",
  "ENODEV",
  "ENOENT",
  "ENOMEM",
  "ENOSPC",
  "ENOTDIR",
  "ENOTEMPTY",
  "ENXIO",
  "EOPNOTSUPP",
  "EPERM",
  "EROFS",
  "ETXTBSY",
  "EXDEV",
] as const;

export type HostErrorCode = (typeof HOST_ERROR_CODES)[number];

/** What a {@link HostFileSystem} throws when an operation fails. Anything else thrown counts as EIO. */
export class HostFileSystemError extends Error {
  readonly code: HostErrorCode;

  constructor(code: HostErrorCode, message: string) {
    super(`${code}: ${message}`);
    this.name = "HostFileSystemError";
    this.code = code;
  }
}

export type HostFileType =
  | "file"
  | "directory"
  | "symbolic-link"
  | "character-device"
  | "block-device"
  | "fifo"
  | "socket";

/** What stat(2) tells. Times are nanoseconds since 1970. */
export interface HostFileAttributes {
  readonly type: HostFileType;
  /** The same for two paths exactly when they name the same file. */
  readonly inode: bigint;
  /** The twelve permission bits of st_mode, without the type. */
  readonly permissions: number;
  readonly links: number;
  readonly userId: number;
  readonly groupId: number;
  /** Device numbers of a device node, 0 otherwise. */
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  /** Bytes. */
  readonly size: number;
  readonly blockSize: number;
  /** Units of 512 bytes. */
  readonly blocks: number;
  readonly accessTime: bigint;
  readonly modificationTime: bigint;
  readonly changeTime: bigint;
}

/** Changes for {@link HostFileSystem.setAttributes}; what is absent stays. */
export interface HostAttributeChanges {
  readonly permissions?: number;
  readonly userId?: number;
  readonly groupId?: number;
  /** Truncates or extends a file, in bytes. */
  readonly size?: number;
  readonly accessTime?: bigint | "now";
  readonly modificationTime?: bigint | "now";
}

export interface HostDirectoryEntry {
  readonly name: string;
  readonly type: HostFileType;
  readonly inode: bigint;
}

/** What statfs(2) tells; blocks are of `blockSize` bytes. */
export interface HostFileSystemStatistics {
  readonly blockSize: number;
  readonly blocks: bigint;
  readonly freeBlocks: bigint;
  readonly availableBlocks: bigint;
  readonly files: bigint;
  readonly freeFiles: bigint;
  readonly nameLength: number;
}

export interface HostOpenOptions {
  readonly read: boolean;
  readonly write: boolean;
  readonly append?: boolean;
  readonly truncate?: boolean;
  /** Makes the file when it does not exist, with these permissions. */
  readonly create?: number;
  /** With `create`: fails with EEXIST when it exists. */
  readonly exclusive?: boolean;
}

/** An open file; it stays usable after its name is removed. */
export interface HostFile {
  /** Returns the bytes read, 0 at the end. */
  read(position: number, target: Uint8Array): number;
  /** Returns the bytes written. Files opened with `append` ignore `position`. */
  write(position: number, source: Uint8Array): number;
  attributes(): HostFileAttributes;
  setSize(size: number): void;
  /** Returns when everything written is on stable storage. */
  sync(): void;
  close(): void;
}

/**
 * A folder of the host that a guest may see. All calls are synchronous and throw {@link HostFileSystemError}.
 *
 * A path is its components joined with "/", without leading or trailing slash; "" is the folder itself. The caller has
 * checked that no component is empty, "." or "..", has a NUL or a slash, and that every component but the last is a
 * directory and not a symbolic link. An implementation never follows a symbolic link in the last component.
 */
export interface HostFileSystem {
  /** True when every operation that would change something fails with EROFS. */
  readonly readOnly: boolean;
  attributes(path: string): HostFileAttributes;
  /** All entries except "." and "..", in an order that is the same each time while nothing changes. */
  list(path: string): readonly HostDirectoryEntry[];
  readLink(path: string): string;
  open(path: string, options: HostOpenOptions): HostFile;
  statistics(): HostFileSystemStatistics;
  makeDirectory(path: string, permissions: number): void;
  /** FIFOs and sockets; device nodes are refused with EPERM. */
  makeNode(path: string, type: HostFileType, permissions: number): void;
  makeSymbolicLink(path: string, target: string): void;
  makeLink(existing: string, path: string): void;
  removeFile(path: string): void;
  removeDirectory(path: string): void;
  /** Replaces `to` when it exists, as rename(2) does. */
  rename(from: string, to: string): void;
  setAttributes(path: string, changes: HostAttributeChanges): void;
}
