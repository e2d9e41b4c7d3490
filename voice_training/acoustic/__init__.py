"""The acoustic model: characters and a speaker in, mel frames and a stop out."""
