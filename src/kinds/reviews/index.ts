/**
 * Questions about who may do what, answered and never stored. Skiff knows two sorts of callers: those who may do
 * everything (`system:masters`, and the components and Pods of the instance) and those who may not.
 */
import { accessReviews } from "./access-reviews.ts";
import { selfSubjectReview } from "./self-subject-review.ts";

export const reviews = [selfSubjectReview, ...accessReviews];
