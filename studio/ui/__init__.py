"""The only shared Streamlit."""
