import * as t from 'io-ts';
import type { WireObject } from '../types/message.js';
import { SubmitResponse } from '../types/futures.js';
import {
  CreateModelRequest,
  ForwardBackwardRequest,
  ForwardRequest,
  GetInfoRequest,
  GetInfoResponse,
  OptimStepRequest,
  UnloadModelRequest,
} from '../types/training.js';
import { post } from './route.js';

/** Creates a model with a fresh adapter; result `CreateModelResponse`. */
export const createModel = post('/api/v1/create_model', CreateModelRequest, SubmitResponse);

/** The same with further fields, for servers that know more than the protocol. */
export function createModelWith(extraBody: WireObject): typeof createModel {
  const { name, is, validate, encode } = CreateModelRequest;
  const request = new t.Type<CreateModelRequest, WireObject>(name, is, validate, (order) => ({ ...extraBody, ...encode(order) }));
  return { ...createModel, request };
}

/** Drops a model. */
export const unloadModel = post('/api/v1/unload_model', UnloadModelRequest, SubmitResponse);

/** What a model is. */
export const getInfo = post('/api/v1/get_info', GetInfoRequest, GetInfoResponse);

/** A pass that adds to the gradients; result `ForwardBackwardOutput`. */
export const forwardBackward = post('/api/v1/forward_backward', ForwardBackwardRequest, SubmitResponse);

/** A pass that leaves the gradients alone; result `ForwardBackwardOutput`. */
export const forward = post('/api/v1/forward', ForwardRequest, SubmitResponse);

/** Applies the gathered gradients; result `OptimStepResponse`. */
export const optimStep = post('/api/v1/optim_step', OptimStepRequest, SubmitResponse);
