/** The metadata of a GGUF file's architecture, by key without the architecture's prefix. What is read is remembered. */
export interface ArchitectureMetadata {
  text(key: string): string | undefined;
  number(key: string): number | undefined;
  /** Throws `corrupt` where the file does not have that number. */
  required(key: string): number;
  /** Throws `invalid-input` where the file has another value than the only one that is computed. */
  refuseUnless(key: string, expected: number | undefined): void;
}
