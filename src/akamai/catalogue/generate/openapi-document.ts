import { z } from 'zod';

const parameter = z.looseObject({
  name: z.string(),
  in: z.string(),
  required: z.boolean().optional(),
  explode: z.boolean().optional(),
  style: z.string().optional(),
  schema: z.unknown().optional(),
  content: z.record(z.string(), z.looseObject({ schema: z.unknown().optional() })).optional(),
});
const reference = z.object({ $ref: z.string() });
const parameters = z.array(z.union([reference, parameter])).optional();
const media = z.record(z.string(), z.looseObject({ schema: z.unknown().optional() }));

export const openApiParameter = parameter;
export const openApiBody = z.looseObject({ required: z.boolean().optional(), content: media });
export const openApiResponse = z.looseObject({ content: media.optional() });

export const openApiOperation = z.looseObject({
  operationId: z.string().optional(),
  summary: z.string().optional(),
  description: z.string().optional(),
  tags: z.array(z.string()).optional(),
  parameters,
  requestBody: z.union([reference, openApiBody]).optional(),
  responses: z.record(z.string(), z.union([reference, openApiResponse])).optional(),
});

/** What the generator reads of an OpenAPI 3.0 or 3.1 document; all else passes unread. */
export const openApiDocument = z.looseObject({
  openapi: z.string().regex(/^3\./, 'expected an OpenAPI 3 document'),
  info: z.looseObject({ title: z.string() }),
  servers: z.array(z.looseObject({ url: z.string() })).optional(),
  paths: z.record(z.string(), z.looseObject({ parameters })),
});

export type OpenApiDocument = z.output<typeof openApiDocument>;
export type OpenApiOperation = z.output<typeof openApiOperation>;
