import type { ServerContext } from '@modelcontextprotocol/server';
import type { Scope } from '../../access/api-keys.ts';
import type { Caller } from '../../access/caller.ts';

interface ResourceDescription {
  name: string;
  title: string;
  description: string;
  mimeType: string;
  scope: Scope;
}

/** Something at a fixed address. */
export interface Resource extends ResourceDescription {
  uri: string;
  /** For views: what the host has to know before it shows them. */
  meta?: Record<string, unknown>;
  read(call: ResourceCall): Promise<ResourceContent>;
}

/** Many things of one kind, at addresses that follow a pattern (RFC 6570, level 1). */
export interface ResourceFamily extends ResourceDescription {
  uriTemplate: string;
  read(variables: Record<string, string>, call: ResourceCall): Promise<ResourceContent>;
  /** Those that are worth listing, newest first. */
  list?(): { uri: string; name: string; title?: string }[];
  /** Possible values of a variable. */
  complete?: Record<string, () => Promise<string[]> | string[]>;
}

export interface ResourceCall {
  caller: Caller;
  context: ServerContext;
}

/** With a type of its own where the things of a family are not alike. */
export type ResourceContent = ({ text: string } | { blob: string }) & { mimeType?: string };
