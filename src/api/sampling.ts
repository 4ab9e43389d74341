import { SubmitResponse } from '../types/futures.js';
import { CreateSamplingSessionRequest, CreateSamplingSessionResponse, GetSamplerRequest, GetSamplerResponse, SampleRequest } from '../types/sampling.js';
import { post, query } from './route.js';

/** Opens a session that is sampled from. */
export const createSamplingSession = post('/api/v1/create_sampling_session', CreateSamplingSessionRequest, CreateSamplingSessionResponse);

/** Draws sequences; result `SampleResponse`. */
export const asample = post('/api/v1/asample', SampleRequest, SubmitResponse);

/** What a sampling session samples from. */
export const getSampler = query('/api/v1/samplers/{sampler_id}', GetSamplerRequest, GetSamplerResponse);
