"""Pages of other origins in a browser: with and without MLAPP_CORS_ORIGINS."""

import httpx
import pytest
from playwright.async_api import Browser

from tests.servers import FULL, PREDICT, address

TRAIN_AND_PREDICT = """async ({url, full, predict, row}) => {
    const send = async (method, path, key, body, headers = {}) => {
        const all = {"X-API-Key": key, "Content-Type": "application/json", ...headers};
        const answer = await fetch(url + path, {method, headers: all, body: body && JSON.stringify(body)});
        return {status: answer.status, header: name => answer.headers.get(name), json: await answer.json()};
    };
    const body = {dataset: "diabetes", estimator: "linear", model: "elsewhere"};
    const started = await send("POST", "/train", full, body, {Prefer: "respond-async"});
    const ticket = await send("POST", `${started.header("Location")}/tickets`, full);
    const follow = path => new Promise(done => {
        const source = new EventSource(url + path), states = [];
        source.onerror = () => { source.close(); done(states); };
        source.onmessage = ({data}) => {
            states.push(JSON.parse(data).status);
            if (!["queued", "running"].includes(states.at(-1))) { source.close(); done(states); }
        };
    });
    const states = await follow(ticket.json.events);
    const again = await follow(ticket.json.events);
    const predicted = await send("POST", "/models/elsewhere/predict", predict, {records: [row]});
    const wrong = await send("GET", "/models", "wrong");
    return {
        started: started.status, states, again, model: predicted.json.model,
        named: predicted.header("X-Model-Name"), wrong: [wrong.status, wrong.json.detail, wrong.header("X-Request-ID")],
    };
}"""
CAN_READ = "([url, options]) => fetch(url, options).then(() => true, () => false)"
ROW = {"age": 59, "sex": 2, "bmi": 32.1, "bp": 101, "s1": 157, "s2": 93.2, "s3": 38, "s4": 4, "s5": 4.8598, "s6": 87}


async def test_page_of_a_listed_origin_trains_and_predicts(browser: Browser, closed: httpx.Client, elsewhere: str):
    page = await browser.new_page()
    await page.goto(elsewhere)

    arguments = {"url": address(closed), "full": FULL, "predict": PREDICT, "row": ROW}
    found = await page.evaluate(TRAIN_AND_PREDICT, arguments)

    assert (found["started"], found["states"][-1], found["again"]) == (202, "succeeded", [])
    assert (found["model"], found["named"]) == ("elsewhere", "elsewhere")
    status, detail, request_id = found["wrong"]
    assert (status, detail.startswith("This key is wrong")) == (401, True)
    assert request_id
    await page.close()
    gone = httpx.delete(f"{address(closed)}/models/elsewhere", headers={"X-API-Key": FULL})
    assert gone.status_code == 204


@pytest.mark.parametrize("path", ["/health", "/ui/login", "/ui/_nicegui_ws/socket.io/?EIO=4&transport=polling"])
async def test_page_of_another_origin_reads_nothing(browser: Browser, closed: httpx.Client, elsewhere: str, path: str):
    page = await browser.new_page()
    url = f"{address(closed)}{path}"

    await page.goto(elsewhere.replace("127.0.0.1", "localhost"))
    other = await page.evaluate(CAN_READ, [url, {}])
    await page.goto(elsewhere)
    listed = [await page.evaluate(CAN_READ, [url, options]) for options in ({}, {"credentials": "include"})]

    assert other is False
    # Cookies are not allowed, and the pages are for their own origin.
    assert listed == [path == "/health", False]
    await page.close()
