"""The gRPC door: TF Serving's PredictionService and ModelService, and gRPC's health."""

import grpc
import tensorflow as tf
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from tfgmmgan.serving.server.limits import Refusal
from tfgmmgan.serving.server.model import Outputs, Request, ServedModel
from tfgmmgan.serving.server.service import Service

__all__ = ["make_grpc_server"]


async def make_grpc_server(service: Service, address: str) -> tuple[grpc.aio.Server, health.aio.HealthServicer]:
    """Return a server that listens to an address and is not started, and its health, to be told of the end.

    Args:
        service: What answers.
        address: Host and port.
    """
    most = min(service.limits.max_bytes, 2**31 - 1)
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", most), ("grpc.so_reuseport", 1)])
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(_Prediction(service), server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(_Models(service.model), server)
    healthy = health.aio.HealthServicer()
    for name in ("", "tensorflow.serving.PredictionService"):
        await healthy.set(name, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(healthy, server)
    server.add_insecure_port(address)
    return server, healthy


def _check_name(model: ServedModel, spec: model_pb2.ModelSpec) -> None:
    version = spec.version.value if spec.HasField("version") else None
    model.check_name(spec.name, version, spec.version_label)


def _spec(model: ServedModel, signature: str = "") -> model_pb2.ModelSpec:
    return model_pb2.ModelSpec(name=model.name, version={"value": model.version}, signature_name=signature)


class _Prediction(prediction_service_pb2_grpc.PredictionServiceServicer):
    def __init__(self, service: Service) -> None:
        self.service, self.model = service, service.model

    async def Predict(
        self, asked: predict_pb2.PredictRequest, context: grpc.aio.ServicerContext
    ) -> predict_pb2.PredictResponse:
        """Answer a request of tensors."""

        def checked() -> Request:
            _check_name(self.model, asked.model_spec)
            signature = asked.model_spec.signature_name or "serving_default"
            request = self.model.request(signature, asked.inputs, self.model.read_tensor)
            unknown = set(asked.output_filter) - set(self.model.signatures[signature].structured_outputs)
            if unknown:
                raise Refusal("INVALID_ARGUMENT", f"'{signature}' has no output '{min(unknown)[:100]}'.")
            return request

        async def read() -> Request:
            return await self.service.aside(asked.ByteSize(), checked)

        def write(request: Request, outputs: Outputs) -> predict_pb2.PredictResponse:
            answer = predict_pb2.PredictResponse(model_spec=_spec(self.model, request.signature))
            for name in asked.output_filter or outputs:
                answer.outputs[name].CopyFrom(tf.make_tensor_proto(outputs[name]))
            return answer

        try:
            return await self.service.answer("grpc", read, write)
        except Refusal as refusal:
            await context.abort(grpc.StatusCode[refusal.code], str(refusal))

    async def GetModelMetadata(
        self, asked: get_model_metadata_pb2.GetModelMetadataRequest, context: grpc.aio.ServicerContext
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        """Answer with the signatures."""
        try:
            _check_name(self.model, asked.model_spec)
            if list(asked.metadata_field) != ["signature_def"]:
                raise Refusal("INVALID_ARGUMENT", "metadata_field must be ['signature_def'].")
        except Refusal as refusal:
            await context.abort(grpc.StatusCode[refusal.code], str(refusal))
        answer = get_model_metadata_pb2.GetModelMetadataResponse(model_spec=_spec(self.model))
        signatures = get_model_metadata_pb2.SignatureDefMap(signature_def=self.model.metadata)
        answer.metadata["signature_def"].Pack(signatures)
        return answer


class _Models(model_service_pb2_grpc.ModelServiceServicer):
    def __init__(self, model: ServedModel) -> None:
        self.model = model

    async def GetModelStatus(
        self, asked: get_model_status_pb2.GetModelStatusRequest, context: grpc.aio.ServicerContext
    ) -> get_model_status_pb2.GetModelStatusResponse:
        """Answer that the version is up."""
        try:
            _check_name(self.model, asked.model_spec)
        except Refusal as refusal:
            await context.abort(grpc.StatusCode[refusal.code], str(refusal))
        kind = get_model_status_pb2.ModelVersionStatus
        version = kind(version=self.model.version, state=kind.AVAILABLE, status={"error_code": "OK"})
        return get_model_status_pb2.GetModelStatusResponse(model_version_status=[version])
