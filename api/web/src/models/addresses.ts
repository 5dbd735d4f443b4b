/** Addresses of the views about models. */

export const modelAddress = (name: string): string => `/models/${encodeURIComponent(name)}`;

/** Where a version is tried and adjusted. */
export const draftAddress = (model: string, version: string): string =>
  `/add-model?${new URLSearchParams({ model, version })}`;
