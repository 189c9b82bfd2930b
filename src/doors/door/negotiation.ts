import type { Request } from 'express';

/**
 * The media type in `offers` that the client prefers, by the weights of its `Accept` (RFC 9110 12.5.1); the first one
 * if it accepts all equally, or none of them.
 */
export function preferred<Offer extends string>(http: Request, offers: readonly [Offer, ...Offer[]]): Offer {
  const found = http.accepts([...offers]);
  return offers.find((offer) => offer === found) ?? offers[0];
}
