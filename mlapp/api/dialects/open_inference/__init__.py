"""Open Inference Protocol V2 over HTTP, as KServe, Triton and MLServer speak it, with Triton's binary tensors.

Each feature is an input tensor, each column of the predictions an output tensor, of shape [rows].

Source: Open Inference Protocol, HTTP/REST; Triton Inference Server, Binary Tensor Data Extension.
"""
