import { FtsError } from '../errors/fts-error.ts';

export type Shape = readonly number[];

export function elementsOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** The error for shapes that do not fit: a defect of the calling code, found while building the graph. */
export function shapeError(operation: string, shapes: readonly Shape[], expectation: string): FtsError {
  return new FtsError('internal', `${operation}: ${shapes.map(showShape).join(' and ')} do not fit: ${expectation}.`);
}

/** The shape of an elementwise result, by NumPy's broadcasting rules. */
export function broadcast(operation: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw shapeError(operation, [a, b], 'each axis must be equal or 1, counted from the last');
    }
    return Math.max(left, right);
  });
}
