"""The reference of predict_single: a FastAPI endpoint with the schemas of `diabetes` that returns a constant."""

import os

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


class Row(BaseModel):
    """A row of `diabetes`."""

    age: float
    sex: float
    bmi: float
    bp: float
    s1: float
    s2: float
    s3: float
    s4: float
    s5: float
    s6: float


class PredictRequest(BaseModel):
    """Body of a request."""

    records: list[Row]


class Warned(BaseModel):
    """A warning of a value."""

    row: int
    feature: str
    code: str
    detail: str


class PredictResponse(BaseModel):
    """Body of a response."""

    version: int
    predictions: list[float]
    lower: list[float]
    upper: list[float]
    coverage: float
    warnings: list[Warned]


app = FastAPI()


@app.get("/health")
async def health() -> dict[str, str]:
    """Report that the server is up."""
    return {"status": "healthy"}


@app.post("/predict")
async def constant(request: PredictRequest) -> PredictResponse:
    """Return the same prediction for every row."""
    values = [151.2] * len(request.records)
    return PredictResponse(version=1, predictions=values, lower=values, upper=values, coverage=0.9, warnings=[])


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["MLAPP_PORT"]), log_level="warning", access_log=False)
