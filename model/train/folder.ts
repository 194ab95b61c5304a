// The folder of a run, as a host supplies it. Nothing in it is ever seen half written, except the end of a file that grows.
import type { FileStore, OutputDirectory } from '../files/source.ts';

export interface RunFolder {
  /** What errors call it. */
  readonly name: string;
  /**
   * Makes the folder and keeps other processes from running in it; what a killed process left half written is removed.
   * @returns what lets them in again
   * @throws MmgemError when a living process has it
   */
  claim(): Promise<() => Promise<void>>;
  /** The files of the folder itself, or of one in it. */
  store(path?: string): FileStore;
  /** Names of the folders in a folder, sorted; none where that does not exist. */
  folders(path: string): Promise<string[]>;
  /** A folder that appears complete or not at all. */
  output(path: string): OutputDirectory;
  /** Takes a folder away, as a whole or not at all. */
  remove(path: string): Promise<void>;
  /** Writes or replaces a text file, as a whole or not at all. */
  write(path: string, text: string): Promise<void>;
  /** A file that grows, after what stands beyond its first `bytes` bytes has been cut off. It is made where there is none. */
  append(path: string, bytes: number): Promise<GrowingFile>;
  /** SHA-256. */
  digest(): Digest;
}

export interface GrowingFile {
  append(text: string): Promise<void>;
  /** Returns when everything so far would outlive a crash of the machine. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** A digest of bytes that come in pieces. */
export interface Digest {
  update(bytes: Uint8Array): void;
  /** Of all bytes, in hexadecimal; nothing may follow. */
  hex(): string;
}
