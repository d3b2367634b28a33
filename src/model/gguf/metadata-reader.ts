import { FtsError } from '../../errors/fts-error.ts';
import { refuseUnreadKeys } from '../unread-keys.ts';
import type { ArchitectureMetadata } from './architecture-metadata.ts';
import type { GgufMetadata, GgufValue } from './gguf-value.ts';

/** llama.cpp may know what this program does not. */
const serveAsIs = 'Serve the file as it is; it cannot be evaluated, trained on or quantized here.';

/** Metadata by key, with the type that is expected of it; knows which keys were read. */
export class MetadataReader {
  readonly #values: GgufMetadata;
  readonly #path: string;
  readonly #read = new Set<string>();

  constructor(values: GgufMetadata, path: string) {
    this.#values = values;
    this.#path = path;
  }

  text(key: string): string | undefined {
    const value = this.#get(key);
    return value?.type === 'string' ? value.value : undefined;
  }

  number(key: string): number | undefined {
    const value = this.#get(key);
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
    const value = this.#get(key);
    return value?.type === 'bool' ? value.value : undefined;
  }

  texts(key: string): string[] | undefined {
    const value = this.#get(key);
    return value?.type === 'array' && value.of === 'string' ? (value.values as string[]) : undefined;
  }

  numbers(key: string): number[] | undefined {
    const value = this.#get(key);
    return value?.type === 'array' && value.of !== 'string' ? value.values.map(Number) : undefined;
  }

  /** The metadata of the architecture itself, whose keys begin with its name. */
  ofArchitecture(architecture: string): ArchitectureMetadata {
    const full = (key: string): string => `${architecture}.${key}`;
    return {
      text: (key) => this.text(full(key)),
      number: (key) => this.number(full(key)),
      required: (key) => this.required(full(key)),
      refuseUnless: (key, expected) => {
        const value = this.number(full(key));
        if (value === undefined || value === expected) return;
        throw new FtsError('invalid-input', `${this.#path} has ${full(key)} ${value}; only ${expected} is computed.`, {
          field: full(key),
          value,
          remedy: serveAsIs,
        });
      },
    };
  }

  /** Throws `invalid-input` naming a key under a prefix that nothing has read and that could change the result. */
  refuseUnread(prefix: string, harmless: (key: string) => boolean): void {
    const values = [...this.#values].filter(([key]) => key.startsWith(prefix));
    const json = Object.fromEntries(values.map(([key, value]) => [key, plain(value)]));
    refuseUnreadKeys(
      json,
      {
        read: this.#read,
        harmless,
        subject: this.#path,
      },
      serveAsIs,
    );
  }

  #get(key: string): GgufValue | undefined {
    this.#read.add(key);
    return this.#values.get(key);
  }
}

function plain(value: GgufValue): unknown {
  if (value.type === 'array') return value.values.every((element) => Number(element) === 0) ? [] : value.values;
  return typeof value.value === 'bigint' ? Number(value.value) : value.value;
}
