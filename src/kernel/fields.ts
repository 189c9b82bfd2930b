/** Decoded fields of a form, query or JSON body in the order received; names may repeat. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** The first value of a field, or undefined. */
export function firstField(fields: Fields, name: string): string | undefined {
  return fields.find(([key]) => key === name)?.[1];
}
