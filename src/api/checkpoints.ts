import {
  LoadWeightsRequest,
  SaveWeightsForSamplerRequest,
  SaveWeightsRequest,
  WeightsInfoRequest,
  WeightsInfoResponse,
} from '../types/checkpoints.js';
import { SubmitResponse } from '../types/futures.js';
import { post } from './route.js';

/** Saves weights and optimizer state; result `SaveWeightsResponse`. */
export const saveWeights = post('/api/v1/save_weights', SaveWeightsRequest, SubmitResponse);

/** Saves weights to sample from; result `SaveWeightsForSamplerResponse`. */
export const saveWeightsForSampler = post('/api/v1/save_weights_for_sampler', SaveWeightsForSamplerRequest, SubmitResponse);

/** Loads a checkpoint; result `LoadWeightsResponse`. */
export const loadWeights = post('/api/v1/load_weights', LoadWeightsRequest, SubmitResponse);

/** What a checkpoint holds. */
export const weightsInfo = post('/api/v1/weights_info', WeightsInfoRequest, WeightsInfoResponse);
