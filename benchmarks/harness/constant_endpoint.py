"""What a prediction is measured by: FastAPI with the schemas of the bundled table `diabetes`, and a constant answer."""

import os

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


class Row(BaseModel):
    """A row."""

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


class Request(BaseModel):
    """Rows."""

    records: list[Row]


class Warned(BaseModel):
    """A warning."""

    row: int
    feature: str
    code: str
    detail: str


class Answer(BaseModel):
    """An answer."""

    version: int
    predictions: list[float]
    lower: list[float]
    upper: list[float]
    coverage: float
    warnings: list[Warned]


app = FastAPI()


@app.get("/health")
async def health() -> dict[str, str]:
    """Live."""
    return {"status": "healthy"}


@app.post("/predict")
async def constant(request: Request) -> Answer:
    """Answer the same for every row."""
    values = [151.2] * len(request.records)
    return Answer(version=1, predictions=values, lower=values, upper=values, coverage=0.9, warnings=[])


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["MLAPP_PORT"]), log_level="warning", access_log=False)
