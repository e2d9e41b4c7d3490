"""Speech for programs, as clients of OpenAI's API ask for it: `POST /v1/audio/speech` and `GET /v1/models`."""
