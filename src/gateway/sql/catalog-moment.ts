let moments = 0;

/**
 * A number for the moment before a catalog is read, or compared with what the server has: greater than all before it. What is
 * known of an earlier moment must not undo what was seen later.
 */
export const catalogMoment = (): number => {
  moments += 1;
  return moments;
};
