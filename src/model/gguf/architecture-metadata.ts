/** The metadata of a GGUF file's architecture, by key without the architecture's prefix. */
export interface ArchitectureMetadata {
  text(key: string): string | undefined;
  number(key: string): number | undefined;
  /** Throws `corrupt` where the file does not have that number. */
  required(key: string): number;
}
