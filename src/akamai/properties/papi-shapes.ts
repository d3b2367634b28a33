import { z } from 'zod';
import { networkSchema } from '../network.ts';

/** The parts of PAPI's answers that we read; everything else passes by. https://techdocs.akamai.com/property-mgr/reference */

const nullableVersion = z.number().int().nullish();

const propertyItemSchema = z.looseObject({
  propertyId: z.string(),
  propertyName: z.string(),
  contractId: z.string(),
  groupId: z.string(),
  latestVersion: z.number().int(),
  stagingVersion: nullableVersion,
  productionVersion: nullableVersion,
});
export type PropertyItem = z.output<typeof propertyItemSchema>;

export const propertiesSchema = z.object({ properties: z.object({ items: z.array(propertyItemSchema) }) });

export const includesSchema = z.object({
  includes: z.object({
    items: z.array(
      z.looseObject({
        includeId: z.string(),
        includeName: z.string(),
        latestVersion: z.number().int(),
        stagingVersion: nullableVersion,
        productionVersion: nullableVersion,
      }),
    ),
  }),
});

export const groupsSchema = z.object({
  groups: z.object({
    items: z.array(
      z.looseObject({ groupId: z.string(), groupName: z.string(), contractIds: z.array(z.string()).default([]) }),
    ),
  }),
});

const versionItemSchema = z.looseObject({
  propertyVersion: z.number().int().optional(),
  includeVersion: z.number().int().optional(),
  etag: z.string(),
  note: z.string().nullish(),
  stagingStatus: z.string(),
  productionStatus: z.string(),
  updatedByUser: z.string().nullish(),
  updatedDate: z.string().nullish(),
});
export const versionsSchema = z.object({ versions: z.object({ items: z.array(versionItemSchema) }) });

const ruleMessage = z.looseObject({ title: z.string().nullish(), detail: z.string().nullish() });
export const ruleTreeSchema = z.looseObject({
  etag: z.string(),
  ruleFormat: z.string().nullish(),
  rules: z.record(z.string(), z.unknown()),
  errors: z.array(ruleMessage).optional(),
  warnings: z.array(ruleMessage).optional(),
});
export type RuleTree = z.output<typeof ruleTreeSchema>;

const activationSchema = z.looseObject({
  activationId: z.string(),
  activationType: z.string().nullish(),
  propertyVersion: z.number().int().optional(),
  includeVersion: z.number().int().optional(),
  network: networkSchema,
  status: z.string(),
  note: z.string().nullish(),
  submitDate: z.string().nullish(),
  updateDate: z.string().nullish(),
  fallbackInfo: z
    .looseObject({ canFastFallback: z.boolean().nullish(), fallbackVersion: z.number().nullish() })
    .nullish(),
});
export type Activation = z.output<typeof activationSchema>;
export const activationsSchema = z.object({ activations: z.object({ items: z.array(activationSchema) }) });

export const versionHostnamesSchema = z.looseObject({
  hostnames: z.object({
    items: z.array(z.looseObject({ cnameFrom: z.string(), cnameTo: z.string().nullish() })),
  }),
});

export const accountHostnamesSchema = z.looseObject({
  hostnames: z.looseObject({
    items: z.array(
      z.looseObject({
        cnameFrom: z.string(),
        propertyId: z.string(),
        stagingCnameTo: z.string().nullish(),
        productionCnameTo: z.string().nullish(),
      }),
    ),
    totalItems: z.number().int().nullish(),
  }),
});

/** PAPI answers with prefixed ids (`prp_1`) when asked; without this header they are bare numbers. */
export const papiHeaders: Readonly<Record<string, string>> = { 'papi-use-prefixes': 'true' };
