/**
 * The document that describes every route.
 */
import { Type } from 'typebox';
import { openApiDocument } from '../openapi/document.ts';
import { type Route, route } from '../route.ts';

const DOCUMENT = Type.Object(
  { openapi: Type.String(), info: Type.Object({}), paths: Type.Object({}) },
  { title: 'OpenApiDocument' },
);

/** `openapi.json` of all routes, which this one is among. */
export function openApiRoutes(all: () => readonly Route[]): readonly Route[] {
  let document: object | undefined;
  return [
    route({
      method: 'GET',
      path: '/openapi.json',
      tag: 'Daemon',
      summary: 'This document.',
      access: 'open',
      answers: [{ type: 'json', schema: DOCUMENT }],
      run: async () => (document ??= openApiDocument(all())),
    }),
  ];
}
