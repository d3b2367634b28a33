import { FtsError } from '../../errors/fts-error.ts';
import type { ArchitectureMetadata } from './architecture-metadata.ts';
import type { GgufMetadata } from './gguf-value.ts';

/** Metadata by key, with the type that is expected of it. */
export class MetadataReader {
  readonly #values: GgufMetadata;
  readonly #path: string;

  constructor(values: GgufMetadata, path: string) {
    this.#values = values;
    this.#path = path;
  }

  text(key: string): string | undefined {
    const value = this.#values.get(key);
    return value?.type === 'string' ? value.value : undefined;
  }

  number(key: string): number | undefined {
    const value = this.#values.get(key);
    if (value === undefined || value.type === 'array' || typeof value.value === 'string') return undefined;
    return Number(value.value);
  }

  required(key: string): number {
    const value = this.number(key);
    if (value !== undefined) return value;
    throw new FtsError('corrupt', `${this.#path} does not say its ${key}.`, {
      field: key,
      value: this.#path,
      remedy: 'Use a file that was converted completely.',
    });
  }

  flag(key: string): boolean | undefined {
    const value = this.#values.get(key);
    return value?.type === 'bool' ? value.value : undefined;
  }

  texts(key: string): string[] | undefined {
    const value = this.#values.get(key);
    return value?.type === 'array' && value.of === 'string' ? (value.values as string[]) : undefined;
  }

  numbers(key: string): number[] | undefined {
    const value = this.#values.get(key);
    return value?.type === 'array' && value.of !== 'string' ? value.values.map(Number) : undefined;
  }

  /** The metadata of the architecture itself, whose keys begin with its name. */
  ofArchitecture(architecture: string): ArchitectureMetadata {
    return {
      text: (key) => this.text(`${architecture}.${key}`),
      number: (key) => this.number(`${architecture}.${key}`),
      required: (key) => this.required(`${architecture}.${key}`),
    };
  }
}
