/** How many times worse than tolerated the alternatives of counts are, equally weighted (statistics 7). */
export const GRID = [1.25, 1.5, 2, 3, 5, 10] as const;
